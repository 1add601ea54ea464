"""The project package: what wires the rooms together and nothing else."""

__version__ = "0.1.0"
