-- Checksums: CRC-32C of what a row says and of its number. Runs and kinds of before are given theirs; rows and pages of before stay
-- as they are, and their run says so.
ALTER TABLE run ADD COLUMN sum integer, ADD COLUMN unsealed boolean NOT NULL DEFAULT false; -- begun before there were checksums
ALTER TABLE kind ADD COLUMN sum integer;
ALTER TABLE observation ADD COLUMN sum integer;
ALTER TABLE page ADD COLUMN sum integer;
UPDATE run SET unsealed = true;
