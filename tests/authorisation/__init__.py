"""Who may come through which door: the table of docs/authorisation.md, walked cell by cell."""
