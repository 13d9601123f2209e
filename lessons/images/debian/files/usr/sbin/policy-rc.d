#!/bin/sh
# Installing a service's package does not start the service: a container runs what it was told to run.
exit 101
