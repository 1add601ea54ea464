"""The only readers for pages, API and sockets: questions, with names that sound like the question."""
