"""`python -m hipflask.cli`, for those who have no `hipflask` on their path."""

from hipflask.cli import main

main()
