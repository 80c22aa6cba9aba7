-- How many minutes one hour of training has, frozen with the rest of the rule, and printed with the certificate.

ALTER TABLE enrolment ADD COLUMN hour_minutes INTEGER NOT NULL DEFAULT 45;
ALTER TABLE certificate ADD COLUMN hour_minutes INTEGER NOT NULL DEFAULT 45;
