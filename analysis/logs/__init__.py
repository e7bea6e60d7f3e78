"""Reading logs: intake, roles, tables and moments."""
