{# Written by `factorium migrate`; a test compares it with the files of sql/. #}
{% macro expected_sql_checksum() %}{{ return('59082f12df93bdd0e59fe6d218a9008e2684e94ececad165ea5f338b4f59b678') }}{% endmacro %}
