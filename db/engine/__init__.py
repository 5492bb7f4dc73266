"""Make the database: plan the steps, run them in a temporary file, check it, put it in place."""
