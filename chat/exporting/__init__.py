"""Scripts and cuts as files of other programs: plain functions on values, without the database, the network or a browser engine."""
