set encoding utf8
set terminal svg size 760,440 noenhanced background rgb '#ffffff' font 'sans-serif,13' name 'figure'
set output 'figure.svg'
set title 'Table 2: quantized pre-training and fine-tuning (scale small)'
set xlabel 'block'
set ylabel 'relative error'
set grid lc rgb '#dddddd'
set key outside bottom center horizontal maxcols 3
set offsets 0, 0, graph 0.05, graph 0.05
set xtics 1
set logscale y
set format y '%g'
set y2label 'perplexity'
set y2tics
set ytics nomirror
$curve0 << EOD
0.0 0.001
2.0 0.004
EOD
$curve1 << EOD
0.0 30.0
2.0 31.0
EOD
$curve2 << EOD
1.0 0.002
EOD
plot $curve0 using 1:2 axes x1y1 with linespoints lw 2 dt 1 pt 7 ps 0.5 lc rgb '#1f5fa8' title 'RTN W6A6: relative error', \
  $curve1 using 1:2 axes x1y2 with linespoints lw 2 dt 2 pt 6 ps 0.5 lc rgb '#d95f02' title 'RTN W6A6: perplexity', \
  $curve2 using 1:2 axes x1y1 with linespoints lw 2 dt 1 pt 7 ps 0.5 lc rgb '#1b9e77' title 'ZeroQAT W6A6: relative error'
