{# Written by `factorium migrate`; a test compares it with the files of sql/. #}
{% macro expected_sql_checksum() %}{{ return('8ffdf0136e856eca40ea199ef91641fd6bf1e96340a6e822631817d671ac4e4b') }}{% endmacro %}
