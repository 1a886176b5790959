-- What the rows from id on are, in short: which belong to which address, and the sum of what they say. Runs of before have none,
-- and are read row by row where they are compared.
CREATE TABLE page (
  id bigint PRIMARY KEY, -- of the first row
  rows bigint NOT NULL,
  body bytea NOT NULL
);
ALTER TABLE page ALTER COLUMN body SET STORAGE EXTERNAL;
