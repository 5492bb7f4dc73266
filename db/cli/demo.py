"""Commands about the demo world."""
