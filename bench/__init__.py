"""What `make bench` measures: everything in one run, side by side on this machine; the client's work is part of every figure."""
