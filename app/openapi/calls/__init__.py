"""Every call, a group of them a file: what goes in, what may come out, whose clause it is."""
