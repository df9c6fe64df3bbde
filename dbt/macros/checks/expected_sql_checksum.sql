{# Written by `factorium migrate`; a test compares it with the files of sql/. #}
{% macro expected_sql_checksum() %}{{ return('60dffebc8ce6ea2cb9d0b8f1ec1552f4b333b8ff1cfe09c52c7dda9b0e1cf05f') }}{% endmacro %}
