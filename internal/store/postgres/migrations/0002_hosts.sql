-- A host over time. The columns say by what it is known again; the rows are written by whoever compares runs.
CREATE TABLE host (
  key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  guid text NOT NULL DEFAULT '',        -- server GUID
  name text NOT NULL DEFAULT '',        -- machine name as it calls itself
  certificate bytea,                    -- SHA-256
  addr bytea,                           -- where it was last
  first bigint NOT NULL,                -- microseconds since 1970
  last bigint NOT NULL
);
CREATE INDEX host_guid ON host (guid) WHERE guid <> '';
CREATE INDEX host_name ON host (name) WHERE name <> '';
