-- Two workers cannot work at one document, however late a job becomes visible to one of them. Jobs
-- under way begin again where their checkpoints are.
UPDATE ingestion_jobs SET state = 'queued', lease_owner = NULL, lease_until = NULL
WHERE state = 'running';

CREATE UNIQUE INDEX ingestion_jobs_running ON ingestion_jobs (document_id) WHERE state = 'running';
