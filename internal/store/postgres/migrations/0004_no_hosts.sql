-- Who a host is, is read out of what it said whenever runs are compared (internal/compare): a stored answer would be that of the
-- Signet that stored it. Nothing was ever written here.
DROP TABLE host;
