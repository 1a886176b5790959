-- Of each page, which addresses it surely does not speak of, so that a question about one host need not read every page. Pages of
-- before have none, and are read.
CREATE TABLE sieve (
  id bigint PRIMARY KEY, -- of the page
  body bytea NOT NULL,
  sum integer
);
ALTER TABLE sieve ALTER COLUMN body SET STORAGE EXTERNAL;
