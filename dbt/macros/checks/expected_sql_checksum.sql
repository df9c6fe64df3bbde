{# Written by `factorium migrate`; a test compares it with the files of sql/. #}
{% macro expected_sql_checksum() %}{{ return('558198c63baae980416712c40e646b5a201e7b2161babf9e5a6e25d9796cda63') }}{% endmacro %}
