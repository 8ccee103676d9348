int zq_placeholder;
