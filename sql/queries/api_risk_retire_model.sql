-- Retires the version of a risk model that is in force.
-- Parameters: model
select risk.retire_model(%(model)s) as model_id
