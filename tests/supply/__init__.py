"""What an installation brings: packages, their licences, known holes in them, the bill of materials."""
