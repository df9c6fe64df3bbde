{# Written by `factorium migrate`; a test compares it with the files of sql/. #}
{% macro expected_sql_checksum() %}{{ return('7d953c7d506333c09614d202c3697c93cb1c50703fe5a26d5a9e75c2358c660a') }}{% endmacro %}
