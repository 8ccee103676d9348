set encoding utf8
set terminal svg size 1020,300 noenhanced background rgb '#ffffff' font 'sans-serif,11' name 'trajectory'
set output 'plot.svg'
$development0 << EOD
0 30.523595271921668 0.0
50 30.821114782890266 0.037748002260917776
100 30.362248164501693 0.03718600772339355
150 30.821114782890266 0.037748002260917776
EOD
$test0 << EOD
0 30.523595271921668 0.0
50 30.362248164501693 0.03718600772339355
100 30.51443956676455 0.037372403362784884
150 30.821114782890266 0.037748002260917776
EOD
$chosen0 << EOD
100 30.51443956676455
EOD
$development1 << EOD
0 11136.686192794214 0.0
50 9209.584368992077 37.597970745239394
100 9072.471520675826 37.03820988598196
150 9209.584368992077 37.597970745239394
EOD
$test1 << EOD
0 11136.686192794214 0.0
50 9072.471520675826 37.03820988598196
100 9117.947473419543 37.22386468563035
150 9209.584368992077 37.597970745239394
EOD
$chosen1 << EOD
100 9117.947473419543
EOD
$development2 << EOD
0 123.7174083632417 0.0
50 92.57322935345337 0.3779286262626608
100 91.19499352369965 0.3723020020491309
150 92.57322935345337 0.3779286262626608
EOD
$test2 << EOD
0 123.7174083632417 0.0
50 91.19499352369965 0.3723020020491309
100 91.65211033101014 0.37416817360039895
150 92.57322935345337 0.3779286262626608
EOD
$chosen2 << EOD
100 91.65211033101014
EOD
set multiplot layout 1,3 rowsfirst title 'Table 2: quantized pre-training and fine-tuning (scale small), Toy-135M (dequantized Q4_1)'."\n".'perplexity against the step: blue test, orange development, ring chosen on development'."\n".'band: ± standard error of the change since the first step' font ',12'
set grid lc rgb '#dddddd'
unset key
set offsets 0, 0, graph 0.05, graph 0.05
set title 'ZeroQAT W6A6'
set xrange [0:150]
unset logscale y
plot $development0 using 1:($2-$3):($2+$3) with filledcurves fc rgb '#d95f02' fs transparent solid 0.15, \
  $development0 using 1:2 with linespoints lw 1.5 pt 7 ps 0.3 lc rgb '#d95f02', \
  $test0 using 1:($2-$3):($2+$3) with filledcurves fc rgb '#1f5fa8' fs transparent solid 0.15, \
  $test0 using 1:2 with linespoints lw 1.5 pt 7 ps 0.3 lc rgb '#1f5fa8', \
  $chosen0 using 1:2 with points pt 6 ps 1.2 lw 1.5 lc rgb '#1f5fa8'
set title 'ZeroQAT W2A16'
set xrange [0:150]
unset logscale y
plot $development1 using 1:($2-$3):($2+$3) with filledcurves fc rgb '#d95f02' fs transparent solid 0.15, \
  $development1 using 1:2 with linespoints lw 1.5 pt 7 ps 0.3 lc rgb '#d95f02', \
  $test1 using 1:($2-$3):($2+$3) with filledcurves fc rgb '#1f5fa8' fs transparent solid 0.15, \
  $test1 using 1:2 with linespoints lw 1.5 pt 7 ps 0.3 lc rgb '#1f5fa8', \
  $chosen1 using 1:2 with points pt 6 ps 1.2 lw 1.5 lc rgb '#1f5fa8'
set title 'ZeroQAT W4A4'
set xrange [0:150]
unset logscale y
plot $development2 using 1:($2-$3):($2+$3) with filledcurves fc rgb '#d95f02' fs transparent solid 0.15, \
  $development2 using 1:2 with linespoints lw 1.5 pt 7 ps 0.3 lc rgb '#d95f02', \
  $test2 using 1:($2-$3):($2+$3) with filledcurves fc rgb '#1f5fa8' fs transparent solid 0.15, \
  $test2 using 1:2 with linespoints lw 1.5 pt 7 ps 0.3 lc rgb '#1f5fa8', \
  $chosen2 using 1:2 with points pt 6 ps 1.2 lw 1.5 lc rgb '#1f5fa8'
unset multiplot
