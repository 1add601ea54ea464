"""Readers of foreign formats: bytes or text in, facts out. Pure: no ORM, no settings, no clock."""
