-- Of each page, which addresses it surely does not speak of, so that a question about one host need not read every page. Pages of
-- before have none, and are read.
CREATE TABLE sieve (
  id INTEGER PRIMARY KEY, -- of the page
  body BLOB NOT NULL,
  sum INTEGER
) STRICT;
