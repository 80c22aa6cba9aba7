-- Why staff cut a class off; its master is told. '' where nobody did.

ALTER TABLE live_class ADD COLUMN cut_reason TEXT NOT NULL DEFAULT '';
