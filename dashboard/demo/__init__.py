"""A fleet that does not exist, for looking at the console: `steps` are what can happen, `cast` who there is and what
they say, `story` the last days as steps (pure), `player` carries steps out through the services, `live` goes on.
"""
