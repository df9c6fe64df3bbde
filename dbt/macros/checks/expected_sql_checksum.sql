{# Written by `factorium migrate`; a test compares it with the files of sql/. #}
{% macro expected_sql_checksum() %}{{ return('30d8b1c02c07dc8e3272baf4d48c7fa0f68f7e5f71a928a17b4aaed967667533') }}{% endmacro %}
