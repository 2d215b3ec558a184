"""What the service is measured by: `make quality` and `make bench`."""
