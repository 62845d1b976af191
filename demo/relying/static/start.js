// The first page: choosing files selects "PDFs of your own", and files that will be refused are named before they are sent.
const file = document.getElementById("file");
const chosen = document.getElementById("chosen");
const problem = document.getElementById("file-problem");
const form = document.querySelector("form");
const button = form.querySelector("button");

function refusal(files) {
  const { maxBytes, maxTogetherBytes, most } = file.dataset;
  const large = files.find(({ size }) => size > Number(maxBytes));
  if (large) return `${problem.dataset.tooLarge} ${large.name}`;
  const other = files.find(({ type }) => type && type !== "application/pdf");
  if (other) return `${problem.dataset.notAPdf} ${other.name}`;
  if (files.length > Number(most)) return problem.dataset.tooMany;
  return files.reduce((sum, { size }) => sum + size, 0) > Number(maxTogetherBytes) ? problem.dataset.together : "";
}

file.addEventListener("change", () => {
  const files = [...file.files];
  if (files.length) document.getElementById("own").checked = true;
  const words = refusal(files);
  problem.textContent = words;
  problem.hidden = !words;
  file.setCustomValidity(words);
  chosen.replaceChildren(...files.map(({ name, size }) => {
    const item = document.createElement("li");
    const isolated = document.createElement("bdi");
    isolated.textContent = name;
    item.append(isolated, ` ${Math.max(1, Math.round(size / 1000))} kB`);
    return item;
  }));
  chosen.hidden = files.length < 2;
});

document.querySelector('input[value="sample"]').addEventListener("change", () => file.setCustomValidity(""));

form.addEventListener("submit", () => {
  button.disabled = true; // one request per press
});
window.addEventListener("pageshow", (event) => {
  if (event.persisted) button.disabled = false;
});
