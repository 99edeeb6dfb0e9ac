-- When a failed run of a published flow is to be told to the flows that listen for failures; NULL when
-- nobody has to be told (any more).
ALTER TABLE runs ADD COLUMN report_at BIGINT;
CREATE INDEX runs_report ON runs (report_at) WHERE report_at IS NOT NULL;
