"""What users may begin from: notebooks, made from cells that stand as text, and scripts."""
