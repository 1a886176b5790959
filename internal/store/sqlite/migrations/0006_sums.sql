-- Checksums: 1 << 62 | CRC-32C of what a row says and of its number. Runs and kinds of before are given theirs; segments and pages
-- of before stay as they are, and their run says so.
ALTER TABLE run ADD COLUMN sum INTEGER;
ALTER TABLE run ADD COLUMN unsealed INTEGER NOT NULL DEFAULT 0; -- begun before there were checksums: rows of it may have none
ALTER TABLE kind ADD COLUMN sum INTEGER;
ALTER TABLE segment ADD COLUMN sum INTEGER;
ALTER TABLE page ADD COLUMN sum INTEGER;
UPDATE run SET unsealed = 1;
