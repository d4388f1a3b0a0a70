"""`python -m deltarule` is the command `deltarule`."""

from deltarule._cli import main

main()
