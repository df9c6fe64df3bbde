-- Registers a risk model, or a new version of one.
-- Parameters: model, description, parameters
select risk.create_model(
    %(model)s, %(description)s, %(parameters)s::jsonb
) as model_id
