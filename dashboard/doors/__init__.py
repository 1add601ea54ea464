"""Endpoints in other people's protocols: plain ASGI, so that a held request costs a coroutine and nothing else."""
