"""`python -m famqa.cli`."""

from famqa.cli import main

main()
