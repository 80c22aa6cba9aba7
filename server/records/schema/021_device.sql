-- What a session began on, as far as the browser told: words of people/device.h, '' for what is not known.

ALTER TABLE session ADD COLUMN browser TEXT NOT NULL DEFAULT '';
ALTER TABLE session ADD COLUMN device TEXT NOT NULL DEFAULT '';
