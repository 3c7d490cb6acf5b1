-- One column on a small table: all fixed cost, hardly any data.
ALTER TABLE users ADD COLUMN subscription_tier TEXT DEFAULT 'basic';
-- lockstep:down
ALTER TABLE users DROP COLUMN subscription_tier;
