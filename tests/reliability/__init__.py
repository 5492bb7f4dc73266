"""Bad inputs, faults and security: each test is a row of docs/reliability.md."""
