-- A second encoder stands by with this key. '': a class made before there were any; it gets one when it is loaded.

ALTER TABLE live_class ADD COLUMN backup_key TEXT NOT NULL DEFAULT '';
