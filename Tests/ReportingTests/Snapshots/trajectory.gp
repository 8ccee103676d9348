set encoding utf8
set terminal svg size 720,400 noenhanced background rgb '#ffffff' font 'sans-serif,13' name 'trajectory'
set output 'plot.svg'
set title 'ZeroQAT W4A4, seed 1, Toy-135M (dequantised Q4_1)'
set xlabel 'step (band: ± standard error of the change since step 0)'
set ylabel 'perplexity'
set grid lc rgb '#dddddd'
set key outside top center horizontal maxrows 1
set xrange [0:150]
set offsets 0, 0, graph 0.05, graph 0.05
$development << EOD
0 123.7174083632417 0.0
50 92.57322935345337 0.3779286262626608
100 91.19499352369965 0.3723020020491309
150 92.57322935345337 0.3779286262626608
EOD
$test << EOD
0 123.7174083632417 0.0
50 91.19499352369965 0.3723020020491309
100 91.65211033101014 0.37416817360039895
150 92.57322935345337 0.3779286262626608
EOD
$chosen << EOD
100 91.65211033101014
EOD
plot $development using 1:($2-$3):($2+$3) with filledcurves fc rgb '#d95f02' fs transparent solid 0.15 notitle, \
  $development using 1:2 with linespoints lw 2 pt 7 ps 0.4 lc rgb '#d95f02' title 'development', \
  $test using 1:($2-$3):($2+$3) with filledcurves fc rgb '#1f5fa8' fs transparent solid 0.15 notitle, \
  $test using 1:2 with linespoints lw 2 pt 7 ps 0.4 lc rgb '#1f5fa8' title 'test', \
  $chosen using 1:2 with points pt 6 ps 1.6 lw 2 lc rgb '#1f5fa8' title 'chosen on development'
