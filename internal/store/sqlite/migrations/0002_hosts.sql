-- A host over time. The columns say by what it is known again; the rows are written by whoever compares runs.
CREATE TABLE host (
  key INTEGER PRIMARY KEY AUTOINCREMENT,
  guid TEXT NOT NULL DEFAULT '',        -- server GUID
  name TEXT NOT NULL DEFAULT '',        -- machine name as it calls itself
  certificate BLOB,                     -- SHA-256
  addr BLOB,                            -- where it was last
  first INTEGER NOT NULL,               -- microseconds since 1970
  last INTEGER NOT NULL
) STRICT;
CREATE INDEX host_guid ON host (guid) WHERE guid <> '';
CREATE INDEX host_name ON host (name) WHERE name <> '';
