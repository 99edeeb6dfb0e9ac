-- A run of an evaluation is carried out by a job, which has its state.
ALTER TABLE evaluation_runs ADD COLUMN job_id UUID;
ALTER TABLE evaluation_runs ADD COLUMN case_count BIGINT NOT NULL DEFAULT 0;
