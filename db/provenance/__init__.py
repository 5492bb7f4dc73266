"""Whose data it is: licences, terms and citations."""
