-- Rows of a run, one after another: an insert costs nearly the same whatever it holds. segment.go says how they stand in a body;
-- what stood in the table observation is moved, and the table dropped.
CREATE TABLE segment (
  id INTEGER PRIMARY KEY, -- of the first row: run.key << 40 | Seq
  body BLOB NOT NULL
) STRICT;
