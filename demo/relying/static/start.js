// The first page: choosing a file selects "a PDF of your own", and a file that will be refused is said before it is sent.
const file = document.getElementById("file");
const problem = document.getElementById("file-problem");
const form = document.querySelector("form");
const button = form.querySelector("button");

file.addEventListener("change", () => {
  const chosen = file.files[0];
  let words = "";
  if (chosen) {
    document.getElementById("own").checked = true;
    if (chosen.size > Number(file.dataset.maxBytes)) words = problem.dataset.tooLarge;
    else if (chosen.type && chosen.type !== "application/pdf") words = problem.dataset.notAPdf;
  }
  problem.textContent = words;
  problem.hidden = !words;
  file.setCustomValidity(words);
});

document.querySelector('input[value="sample"]').addEventListener("change", () => file.setCustomValidity(""));

form.addEventListener("submit", () => {
  button.disabled = true; // one request per press
});
window.addEventListener("pageshow", (event) => {
  if (event.persisted) button.disabled = false;
});
