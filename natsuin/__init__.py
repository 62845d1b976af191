"""
What an application needs of Natsuin, and nothing of the server: `natsuin.client`, and on top of it `natsuin.pdf` and `natsuin.sign`.

The client needs httpx2 only. Whoever signs PDFs needs pyHanko too, whoever wants the command line rich, segno and typer.
"""
