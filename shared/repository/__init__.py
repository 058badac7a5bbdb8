"""The statements: each takes a connection inside somebody's unit of work, none commits."""
