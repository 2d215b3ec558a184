"""`python -m worker.cli`: how the parts of the service are started."""

from worker.cli import main

main()
