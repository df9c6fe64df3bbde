{# Written by `factorium migrate`; a test compares it with the files of sql/. #}
{% macro expected_sql_checksum() %}{{ return('0d0671f32aea6826314b8bb35d9ecb99ea562600245c7b92bda56fb66380419a') }}{% endmacro %}
